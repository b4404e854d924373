"""The folders of public ECG data sets: PTB-XL, MIMIC-IV-ECG, ECG-QA."""
