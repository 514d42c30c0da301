"""The ground everything stands on; knows neither Litestar nor any slice."""
