"""How far judges and metrics agree with humans, and scores corrected for what they get wrong."""
