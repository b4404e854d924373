"""Tables of publications as they were printed, one JSON file each."""
