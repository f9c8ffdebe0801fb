"""How much should we order, when, from whom?"""
