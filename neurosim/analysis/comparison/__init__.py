"""Which rectifier is each cell, and how sure is that?"""
