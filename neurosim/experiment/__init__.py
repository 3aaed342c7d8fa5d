"""An experiment as an object: what is shown, to whom, and what is made of it."""
