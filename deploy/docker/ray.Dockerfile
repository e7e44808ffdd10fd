# An image for the pods of a Ray cluster under KubeRay, and for the servers that use it: Python, Ray and livedeck are the
# same in all of them. Based on the image of livedeck (Dockerfile), with the libraries that your tasks import.
#   docker build --file deploy/docker/ray.Dockerfile --build-arg LIVEDECK=livedeck --tag livedeck-ray .
ARG LIVEDECK=livedeck
FROM ${LIVEDECK}

USER root
# KubeRay starts pods with bash, and asks with wget whether the dashboard's part of Ray, [default], says that a node is well.
RUN apt-get update && apt-get install --yes --no-install-recommends wget && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir "ray[default]==2.60.0"

USER livedeck
