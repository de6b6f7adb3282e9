"""Models as an HTTP service. Starlette and uvicorn are an extra: `pip install 'netable[serve]'`."""
