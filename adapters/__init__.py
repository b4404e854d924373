"""What produces systems under test: data generation, retrieval, finetuning, signal encoders."""
