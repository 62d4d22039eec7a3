/** ORMs and migration tools: a reset in the wrong environment is a drop of the production database. */
import { builds, destroys, discards, overwrites, reads, type World, writes } from "./world.ts";

const BACKUP = "Apply a forward migration; reset only a database that is named and disposable.";
const resets = (match: string, reason: string, extra: Parameters<typeof destroys>[2] = {}) => destroys(match, reason, { safer: BACKUP, ...extra });

const JAVASCRIPT: readonly World[] = [
  {
    name: "prisma",
    programs: "prisma",
    withValue: "--schema --name --url --file",
    rules: [
      resets("migrate reset", "Drops the database and applies every migration again."),
      resets("db push", "Drops what stands in the way of the schema.", { flags: "--force-reset|--accept-data-loss", name: "db-push-force" }),
      writes("migrate dev|deploy|resolve", "Applies migrations.", { name: "migrate" }),
      writes("db push|pull|seed", "Changes the schema or fills tables.", { name: "db-push" }),
      destroys("db execute", "Runs SQL from a file or from its input.", { name: "db-execute" }),
      reads("migrate status|diff", "Reads the state of migrations.", { name: "migrate-status" }),
      builds("generate|format|validate|studio|init|version|studio", "Generates code."),
    ],
  },
  {
    name: "drizzle",
    programs: "drizzle-kit",
    withValue: "--config --schema --out --dialect",
    rules: [resets("push", "Drops what stands in the way of the schema.", { flags: "--force", name: "push-force" }), resets("drop", "Deletes migrations."), writes("push|migrate|up|push:pg|push:mysql|push:sqlite", "Changes the schema."), builds("generate|check|studio|introspect|pull|generate:pg", "Generates migrations.")],
  },
  {
    name: "orm",
    programs: "sequelize sequelize-cli typeorm typeorm-ts-node-commonjs knex mikro-orm db-migrate migrate-mongo dbmate migrate goose sqlx diesel atlas flyway liquibase node-pg-migrate graphile-migrate umzug ley aerich piccolo yoyo sea-orm-cli phinx hasura edgedb gel payload medusa medusa-cli strapi refinery-cli tern bytebase schemachange sqitch skeema pgmigrate ace lucky hanami",
    withValue: "--env --config --knexfile -d --dir --url -path -database -url --database-url",
    place: "--env -e",
    nouns: "migrate migration database schema",
    verbDepth: 3,
    rules: [
      destroys("clusters|backups|deployments|projects|organizations|dbusers|accessLists|customDbRoles|serverless|dataFederation|streams|networking|teams|users|privateEndpoints *", "Deletes a cluster, its backups or who may use it, or takes its protection away.", { text: /\b(delete|terminate|remove)\b|--disable\w*Protection|restores start/, name: "atlas-delete" }),
      resets("", "Drops tables or winds migrations back.", { text: /^(migrations? backwards|migrate apply --down|migrate (fresh|refresh|reset|rollback|down)|metadata clear|(migration|db|migrate|schema)[:/](fresh|refresh|reset|rollback|wipe|truncate|drop|down|redo)\b|branch (wipe|drop)|instance (destroy|reset-password)|database (wipe|drop)|transfer\b[^]*--force|revert\b|downgrade|rollback|unapply|undo|rework)/, name: "drop" }),
      resets("schema apply", "Applies a schema, drops among its changes, that nobody has looked at.", { flags: "--auto-approve", name: "schema-apply-unasked", safer: "atlas schema diff, or --dry-run, first." }),
      resets("db:drop|db:migrate:undo:all|db:seed:undo:all|schema:drop|schema:fresh|migration:fresh|migrate:rollback|migration:down|migrate:down|down|drop|reset|clean|drop-all|dropAll|rollback|redo|undo|force|db:migrate:undo|down-to|rollback-count", "Drops the schema or winds migrations back.", { name: "drop" }),
      resets("database|schema|migration|migrate drop|reset|clean|redo|revert|down", "Drops the database or schema.", { name: "drop" }),
      resets("schema:sync", "Changes the schema to fit the code; columns that the code does not name are dropped.", { name: "schema-sync" }),
      reads("info|status|validate|db:migrate:status|migration:show|history|version|schema|lint|migrate:status|migrate:list|diff|updateSQL|dump", "Reads the state of migrations."),
      writes("up|migrate|update|apply|db:migrate|migrate:latest|migration:run|db:seed|db:seed:all|seed:run|baseline|repair|db:create|migrate:up|schema:update|setup|create|database|migration", "Applies migrations."),
      builds("new|generate|migration:generate|migration:create|migrate:make|init|prepare", "Generates migrations."),
    ],
  },
];

/** `rails db:drop`, `rake`, `php artisan`, `manage.py`, `mix`: task runners with a database among their tasks. */
const FRAMEWORKS: readonly World[] = [
  {
    name: "rails",
    programs: "rails rake",
    withValue: "-e --environment -p -b",
    place: "-e --environment",
    rules: [
      resets("", "Drops or empties the database.", { text: /\bdb:(drop|reset|purge|truncate_all|schema:load|structure:load|setup|migrate:reset|seed:replant|drop:all|drop:_unsafe|migrate:redo|rollback)\b/, name: "db-drop" }),
      writes("", "Applies migrations.", { text: /\bdb:(migrate|seed|create|prepare|test)/, name: "db-migrate" }),
      destroys("destroy|d *", "Deletes generated code.", { name: "destroy-code" }),
      reads("routes|about|stats|notes|version|middleware|-T", "Reads the application."),
      builds("test|spec|generate|g|server|s|assets:precompile|new|console|c|default|rubocop|lint", "Runs the application's own tasks."),
    ],
  },
  {
    name: "artisan",
    programs: "artisan",
    withValue: "--path --database --step",
    place: "--env",
    rules: [resets("migrate:fresh|migrate:refresh|migrate:reset|migrate:rollback|db:wipe|schema:drop|queue:clear|queue:flush|telescope:clear|passport:purge", "Drops tables or empties queues.", { name: "migrate-fresh" }), writes("migrate|db:seed|migrate:install|queue:work", "Applies migrations."), reads("route:list|migrate:status|list|about|env|db:show|db:table", "Reads the application."), builds("test|serve|cache:clear|config:clear|view:clear|optimize|key:generate|make:model|make:migration|make:controller|config:cache|route:cache", "Runs the application's own tasks.")],
  },
  {
    name: "django",
    programs: "manage.py django-admin",
    withValue: "--database --verbosity -v",
    place: "--settings",
    rules: [resets("flush|reset_db|clear_data|drop_all|wipe|reset_schema", "Empties the database.", { name: "flush" }), resets("migrate * zero", "Unapplies every migration of an application: its tables are dropped.", { name: "migrate-zero" }), writes("migrate|loaddata|createsuperuser|collectstatic|makemigrations|createcachetable|changepassword", "Applies migrations or loads data."), reads("showmigrations|check|diffsettings|sqlmigrate|inspectdb|dumpdata|version|show_urls|help", "Reads the application."), builds("test|runserver|startapp|makemessages|compilemessages", "Runs the application's own tasks.")],
  },
  { name: "alembic", programs: "alembic", withValue: "-c -n -x -m --rev-id", rules: [resets("downgrade", "Winds migrations back; tables and columns that they made are dropped."), writes("upgrade|stamp|merge|edit", "Applies migrations."), reads("current|history|heads|show|branches|check", "Reads the state of migrations."), builds("revision|init", "Generates migrations.")] },
  { name: "flask", programs: "flask", withValue: "-A --app", rules: [resets("db downgrade", "Winds migrations back."), resets("db drop|reset|wipe", "Drops the tables."), writes("db", "Applies migrations."), builds("run|routes|test|shell", "Runs the application.")] },
  { name: "ecto", programs: "mix", withValue: "-r --repo", rules: [resets("ecto.drop|ecto.reset|ecto.rollback", "Drops the database or winds migrations back.", { name: "drop" }), writes("ecto.migrate|ecto.setup|ecto.create|ecto.load|deps.get", "Applies migrations."), builds("", "Runs the project's own tasks.", { name: "task" })] },
  {
    name: "doctrine",
    programs: "console doctrine yii spark cake craft",
    withValue: "--em --env -e --connection --conn",
    place: "--env -e",
    rules: [
      resets("doctrine:database:drop|doctrine:schema:drop|doctrine:fixtures:load|orm:schema-tool:drop|hautelook:fixtures:load|messenger:failed:remove|doctrine:mongodb:schema:drop|cache:pool:prune-all|sylius:fixtures:load|dbal:drop|setup-drop|migrate/fresh|migrate/down|migrate/redo|migrate/to|cache/flush-all|db/restore|migrate:rollback|migrate:refresh|db:drop|migrations:rollback|schema_cache:clear", "Drops or empties the database.", { name: "drop" }),
      resets("migrations rollback|mark_migrated", "Winds migrations back.", { name: "drop" }),
      resets("doctrine:schema:update|orm:schema-tool:update", "Changes the schema to fit the code; what the code does not name is dropped.", { flags: "--force|--complete", name: "schema-update" }),
      resets("doctrine:migrations:migrate|migrations:migrate", "Winds migrations back.", { text: /\s(first|prev|0|current-\d+)(\s|$)/, name: "migrate-down" }),
      resets("doctrine:migrations:execute|migrations:execute", "Winds a migration back.", { flags: "--down", name: "migrate-down" }),
      reads("", "Reads the application.", { text: /^(debug:|lint:|list|about|help|doctrine:migrations:(status|list|diff|current)|doctrine:schema:validate|router:match|config:dump|routes|migrate\/history|migrate\/new|migrate:status|migrations status)/, name: "read" }),
      writes("", "Runs the application's own tasks.", { name: "task" }),
    ],
  },
  {
    name: "cms",
    programs: "wp drush drupal magento bin/magento terminus-drush typo3 joomla occ",
    withValue: "--path --url --user --uri -l -r",
    place: "--ssh --env --alias",
    rules: [
      discards("cache|transient|rewrite flush|delete|clear", "Empties a cache.", { text: /^(cache (flush|clear)|rewrite flush|transient delete)/, name: "cache" }),
      resets("db|site|core|config|cache|rewrite|option|transient reset|drop|clean|empty|delete|update-db-drop|downgrade", "Drops or empties a site's database.", { text: /^(db (reset|drop|clean)|site (empty|delete|deactivate|archive|spam)|config delete|option delete)/, name: "db-reset" }),
      resets("sql:drop|sql-drop|site:install|site-install|si|sql:sync|sql-sync|core:rsync|rsync|sql:create|entity:delete|edel|config:delete|cdel|pm:uninstall|pmu|user:cancel|ucan|watchdog:delete|wd-del|migrate:rollback|mr|queue:delete|state:delete|setup:uninstall|setup:rollback|setup:db-data:upgrade-force|module:uninstall|admin:user:delete|files:cleanup|app:remove|user:delete|group:delete|maintenance:repair|files:scan-delete|extension:deactivate|database:import", "Drops or empties a site's database, or deletes a part of it."),
      resets("post|page|user|comment|term|menu|media|plugin|theme|language|role|cap|widget|sidebar|super-admin|network|cron|export|taxonomy|post-type delete|reset|remove|destroy|uninstall|spam|trash|deactivate|set-role|remove-role", "Deletes content, users or extensions of a site.", { text: /\b(delete|reset|remove|destroy|uninstall)\b/, name: "delete" }),
      overwrites("search-replace|db|import import|*", "Overwrites a site's database.", { text: /^(search-replace|db import|import)\b/, without: "--dry-run", name: "db-import" }),
      reads("", "Reads a site.", { command: /(^|[\s:])(list|get|status|info|version|check|exists|search|export|show|verify-checksums|help|path|core-status|pml|updb-status|cr|config:status|query|tables|size|cli)(\s|$)/, name: "read" }),
      writes("", "Changes a site.", { name: "change" }),
    ],
  },
  { name: "dotnet-ef", programs: "dotnet-ef", withValue: "--project --context --startup-project", rules: [resets("database drop", "Drops the database."), writes("database update", "Applies migrations."), builds("migrations|dbcontext", "Generates migrations.")] },
];

export const MIGRATIONS: readonly World[] = [...JAVASCRIPT, ...FRAMEWORKS];
