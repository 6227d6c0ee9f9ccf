"""The demo: a sample matrix, a recorded evening, scripted people, and the day they live through."""
