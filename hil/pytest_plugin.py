"""The pytest plugin `landline`: fixtures that fly simulated aircraft in virtual time."""
