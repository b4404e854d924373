"""Systems that read the ECG itself: ECG-LM, MEIT and a plain classifier."""
