"""Reading ECG records from files."""
