-- Payments: what the panel looks for.

-- Members of the panel.
