"""Reading rating sheets as people really fill them in."""
