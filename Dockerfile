# The three tiers and the migrations in one image; the command says which. Stores are reached by URL, so the embedded engines stay out.
FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund && npm cache clean --force

FROM node:24-slim
ENV NODE_ENV=production TIDEMARK_HOST=0.0.0.0 TIDEMARK_PROCESSORS_PORT=9464
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json LICENSE ./
COPY schemas schemas
COPY sql sql
COPY platform platform
COPY ingest ingest
COPY processors processors
COPY query-api query-api
USER node
EXPOSE 3001 8080 9093 9464
CMD ["node", "query-api/main.ts"]
