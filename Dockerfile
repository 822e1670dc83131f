# One image for server, worker and migrations: the command is the verb.
FROM node:24-slim

WORKDIR /bulkhead

# The database is a container of its own and the image has Node 24 already: neither the embedded
# PostgreSQL (optional packages) nor the Node from npm (an install script) is needed.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts && npm cache clean --force

COPY . .

USER node
EXPOSE 5480
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "bin/bulkhead.js"]
CMD ["serve"]
