# The same app in a container: docker build -t glassbox . && docker run -p 7860:7860 glassbox
FROM python:3.12-slim

RUN useradd --create-home --uid 1000 glassbox
WORKDIR /app

# PyTorch's CPU build; for a GPU: docker build --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cu128 .
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
COPY requirements.txt .
RUN pip install --no-cache-dir --extra-index-url "$TORCH_INDEX" --requirement requirements.txt

COPY --chown=glassbox:glassbox . .
RUN mkdir /models && chown glassbox:glassbox /models
USER glassbox
ENV GLASSBOX_HOST=0.0.0.0 GLASSBOX_PORT=7860 GLASSBOX_STORE=/models PYTHONUNBUFFERED=1
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-m", "hosting.health"]
CMD ["python", "app.py"]
