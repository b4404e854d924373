"""Making sheets for the expert: what is drawn, how it is blinded, and what it can tell."""
