"""The figures of a report: each module turns values into panels, and knows no format."""
