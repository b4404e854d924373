"""Domain packs, one folder for each medical domain."""
