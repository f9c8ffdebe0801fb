"""What do the textbooks answer, for one item on its own? Closed forms and small exact searches.

Equation numbers are those of Snyder & Shen, *Fundamentals of Supply Chain Theory*, 2nd ed., Wiley,
2019, unless said. Symbols: K fixed cost of an order, h holding cost per unit and period, p
shortage cost per unit (and period, under backorders), λ demand per period, L lead time.
"""
