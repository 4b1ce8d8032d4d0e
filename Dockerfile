# Drover's worker and gateway: `docker build -t drover .`, then `drover worker` or `drover gateway` as the command.
FROM node:22-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY packages ./packages
RUN npm ci
COPY . .
RUN npm pack --pack-destination /packed

# What a user installs: the packed file, and Temporal's packages in the versions that are tested.
FROM node:22-bookworm-slim AS installed
WORKDIR /app
COPY --from=build /packed /packed
COPY --from=build /build/scripts/peers.mjs /build/package.json /packed/
RUN npm install --engine-strict --no-audit --no-fund --save-exact $(node /packed/peers.mjs) /packed/drover-*.tgz

FROM node:22-bookworm-slim
# The first process of a container inherits every orphan and has to reap it; Node does not.
RUN apt-get update \
  && apt-get install -y --no-install-recommends tini \
  && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production
WORKDIR /app
COPY --from=installed /app ./
# A volume that is mounted here takes this folder's owner.
RUN install -d -o node -g node -m 700 /var/lib/drover
ENV DROVER_STATE_DIR=/var/lib/drover
USER node
# -s: it reaps also where it is not the first process, as below an init of the engine's.
ENTRYPOINT ["/usr/bin/tini", "-s", "--", "node_modules/.bin/drover"]
CMD ["worker"]
