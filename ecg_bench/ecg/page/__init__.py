"""The ECG as a clinician reads it: a page of millimetre paper."""
