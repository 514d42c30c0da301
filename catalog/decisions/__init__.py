"""What was decided: outcome, scope, conditions, reasons, validity."""
