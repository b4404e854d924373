"""What can be measured on an ECG, and what rules make of it."""
