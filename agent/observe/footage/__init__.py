"""Works out which due footage is there, missing or not known."""
