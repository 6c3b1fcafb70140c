"""Figures over the records one may see, as a table and a chart, each leading to the list it counts: reports and the chart of a list."""
