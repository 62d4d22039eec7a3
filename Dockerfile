# One image for every target; `up --target=…` chooses. Its RUN lines of the first stage are run as they stand by test/charts.
FROM node:26.10.0-trixie-slim AS build
ENV CI=true
WORKDIR /src
COPY . .
RUN npx -y pnpm@12.21.0 install --frozen-lockfile --filter tripline --filter "@tripline/launcher..."
RUN npx -y pnpm@12.21.0 build dist
RUN cd dist && npx -y pnpm@12.21.0 install --prod --frozen-lockfile

FROM node:26.10.0-trixie-slim
# tini is the first process: as such, Node would ignore a signal that comes before the services run. Nothing is installed here later.
RUN apt-get update \
  && apt-get install -y --no-install-recommends tini \
  && rm -rf /var/lib/apt/lists/* /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /opt/yarn-*
COPY --from=build /src/dist /app
# All that is ever written: keys and tokens made at first use, and compiled code. Both may be memory, and the rest read-only.
RUN ln -s /app/services/launcher/src/main.js /usr/local/bin/tripline \
  && install -d -o 65532 -g 65532 -m 0700 /var/lib/tripline /var/cache/tripline
ENV NODE_ENV=production HOME=/var/lib/tripline XDG_CACHE_HOME=/var/cache
WORKDIR /var/lib/tripline
USER 65532:65532
EXPOSE 4318 4319 4320
ENTRYPOINT ["tini", "--", "tripline"]
CMD ["--help"]
