"""Flights that another program recorded: flight records, subtitles and tables of DJI, AirData, Litchi and others."""
