"""Judge definitions as data: rubric, scale, prompt template and output schema."""
