"""SCP-ECG statements: the codes, and finding them in text."""
