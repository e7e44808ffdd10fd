from livedeck import task


@task
def needs() -> str:
    import weather_of_tomorrow

    return str(weather_of_tomorrow.forecast())
