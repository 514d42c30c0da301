"""What runs, what happened and what is set: audit, jobs, settings, mail, personal data."""
