"""Are the filters of a first layer in pairs of opposite phase?"""
