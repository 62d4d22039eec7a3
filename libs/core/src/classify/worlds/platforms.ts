/** Hosting platforms: one command takes a project, its database and its backups. */
import { builds, destroys, governs, overwrites, publishes, reads, runs, type World, writes } from "./world.ts";

const RAILWAY: World = {
  name: "railway-cli",
  programs: "railway",
  withValue: "-s --service -v --volume --project -p --set --mount-path",
  place: "-e --environment",
  rules: [
    destroys("volume delete|remove|rm", "Deletes a volume with its data and backups.", { name: "volume-delete", safer: "railway volume detach, then a backup outside the project." }),
    destroys("delete|remove", "Deletes the project."),
    destroys("environment|project|service|function delete|remove|rm", "Deletes an environment, service or project with its volumes.", { name: "delete" }),
    destroys("volume detach", "Takes the volume from its service."),
    destroys("variable|variables", "Deletes a variable; its value is not kept.", { flags: "--unset|--remove", name: "variable-delete" }),
    destroys("variable|variables delete|remove|rm", "Deletes a variable; its value is not kept.", { name: "variable-delete" }),
    destroys("down", "Removes the running deployment."),
    writes("variables|variable|volume|domain|environment|link|unlink|service|scale|add|init|function", "Changes the project.", { flags: "--set|--mount-path" }),
    reads("status|logs|list|whoami|variables|variable|open|docs|environment|service|volume|domain|version|help", "Reads the project."),
    publishes("up|redeploy|deploy|restart", "Deploys."),
    governs("login|logout", "Changes stored credentials."),
    writes("link|unlink|add|init|scale|function", "Changes the project."),
    runs("run|shell|connect|ssh|dev", "Runs a command with the project's variables."),
  ],
};

const FLY: World = {
  name: "fly",
  programs: "fly flyctl",
  withValue: "-c --config -o --org --region -r --image",
  place: "-a --app",
  rules: [
    destroys("apps|app|machine|machines|m destroy|remove", "Deletes an app or machine with its volumes.", { name: "destroy" }),
    destroys("destroy", "Deletes an app with its volumes."),
    destroys("volumes|volume|vol destroy|delete|rm", "Deletes a volume with its data.", { name: "volume-destroy" }),
    destroys("postgres|pg|mpg detach|destroy", "Takes a database away.", { name: "postgres-destroy" }),
    destroys("volumes|redis|storage|tigris|ext|extensions|consul|wireguard|certs|ips snapshots|destroy|delete|remove|release", "Deletes a store, a snapshot or an address.", { text: /\b(delete|destroy|remove|release)\b/, name: "destroy" }),
    destroys("tokens|orgs revoke|remove|delete", "Takes a token or member away.", { name: "tokens-revoke" }),
    destroys("apps|app suspend|pause", "Stops an app.", { name: "suspend" }),
    destroys("secrets unset|remove", "Deletes secrets; their values are not kept.", { name: "secrets-unset" }),
    destroys("scale count", "Stops every machine.", { text: /count 0|=0\b/, name: "scale-to-zero" }),
    publishes("deploy|launch", "Deploys."),
    reads("status|logs|list|info|version|help|doctor|dig|platform|releases|history|checks", "Reads the app."),
    reads("apps|app|volumes|volume|secrets|postgres|pg|ips|certs|machine|machines|orgs|config list|show|status|display", "Reads the app.", { name: "list" }),
    writes("scale|secrets|ips|certs|config|machine|machines|volumes|volume|postgres|pg|mpg|redis|apps|autoscale", "Changes the app."),
    governs("auth|tokens|orgs", "Changes stored credentials or rights."),
    runs("ssh|console|proxy", "Opens a shell in the app."),
  ],
};

const SHIPPING: readonly World[] = [
  {
    name: "vercel",
    programs: "vercel vc now",
    withValue: "-t --token -S --scope -m --meta -b --build-env -e --env --cwd",
    place: "--target",
    rules: [
      destroys("remove|rm", "Deletes deployments or projects."),
      destroys("project|env|domains|dns|certs|blob|secrets|alias|integration-resource|integration rm|remove|delete|del", "Deletes a project, variable, domain or store.", { name: "remove" }),
      overwrites("rollback", "Puts an earlier deployment back."),
      reads("ls|list|inspect|logs|whoami|project|env|domains|teams|help|dns|certs|alias", "Reads the project."),
      builds("build|dev|pull|init|link", "Builds."),
      publishes("", "Deploys.", { name: "deploy" }),
    ],
  },
  {
    name: "heroku",
    programs: "heroku",
    withValue: "-r --remote --size -t --type",
    place: "-a --app",
    rules: [
      destroys("apps:destroy|apps:delete|destroy", "Deletes an app with its add-ons.", { name: "apps-destroy" }),
      destroys("addons:destroy|addons:remove", "Deletes an add-on, a database for example, with its data.", { name: "addons-destroy" }),
      destroys("pg:reset", "Empties the database.", { name: "pg-reset", safer: "heroku pg:backups:capture first." }),
      destroys("pg:backups:delete|pg:backups:unschedule", "Deletes or stops backups.", { name: "pg-backups-delete" }),
      overwrites("pg:backups:restore|pg:copy|pg:push|releases:rollback|rollback", "Overwrites the database or release.", { name: "pg-restore" }),
      destroys("config:unset|domains:remove|domains:clear|certs:remove|keys:clear|pipelines:destroy|spaces:destroy|webhooks:remove|container:rm", "Deletes a setting, domain or pipeline.", { name: "remove" }),
      destroys("maintenance:on|access:remove|access:update|members:remove|authorizations:revoke|authorizations:rotate|auth:revoke|ps:stop|ps:kill|drains:remove|features:disable|redis:maintenance|pg:killall|pg:kill|pg:maintenance:run|pg:credentials:rotate|pg:unfollow|pg:detach|addons:detach|ci:config:unset|labs:disable|buildpacks:clear|buildpacks:remove|apps:leave|apps:transfer|keys:remove|clients:destroy|certs:auto:disable", "Takes the app offline, or takes access, a credential or a part of it away.", { name: "take-away" }),
    destroys("ps:scale|scale", "Stops every process of a type.", { text: /=0\b/, name: "scale-to-zero" }),
      reads("logs|ps|apps|config|info|releases|addons|domains|pg|status|pg:info|pg:backups|auth:whoami|apps:info|config:get|pg:ps|pg:diagnose|help|version|regions|stack", "Reads the app."),
      writes("config:set|ps:scale|ps:restart|restart|maintenance:on|maintenance:off|domains:add|addons:create|create|apps:create|buildpacks:set|labs:enable|git:remote|pg:promote|pg:backups:capture|pg:backups:schedule", "Changes the app."),
      runs("run|run:detached|local|pg:psql|ps:exec|redis:cli|console", "Runs a command in the app."),
    ],
  },
];

export const PLATFORMS: readonly World[] = [RAILWAY, FLY, ...SHIPPING];
