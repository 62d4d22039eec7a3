/**
 * The part of Railway's public GraphQL schema that agents and providers use here, with Railway's published names and types
 * (checked against the introspection result in the Railway CLI, 2026-08). Fields outside this part are a validation error, as on
 * any GraphQL server.
 */
import { buildSchema } from "graphql";

export const SDL = `
scalar DateTime

type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }

type User { id: ID! name: String email: String! }
type ApiToken { id: ID! name: String! displayToken: String! workspaceId: String expiresAt: DateTime }
type ApiTokenWorkspace { id: String! name: String! }
type ApiTokenContext { workspaces: [ApiTokenWorkspace!]! }
type ProjectToken {
  id: ID! name: String! displayToken: String! createdAt: DateTime!
  projectId: String! environmentId: String! project: Project! environment: Environment!
}
type Environment { id: ID! name: String! projectId: String! }
type Service { id: ID! name: String! projectId: String! }
type Volume { id: ID! name: String! createdAt: DateTime! projectId: String! volumeInstances(first: Int, after: String): VolumeInstanceConnection! }
type VolumeInstance {
  id: ID! volumeId: String! environmentId: String! serviceId: String mountPath: String! sizeMB: Int! currentSizeMB: Float!
  createdAt: DateTime! volume: Volume! environment: Environment!
}
type VolumeInstanceBackup { id: String! name: String externalId: String! createdAt: DateTime! expiresAt: DateTime usedMB: Int referencedMB: Int }
type Project {
  id: ID! name: String! workspaceId: String createdAt: DateTime!
  environments(first: Int, after: String): EnvironmentConnection!
  services(first: Int, after: String): ServiceConnection!
  volumes(first: Int, after: String): VolumeConnection!
}
type WorkflowResult { workflowId: String }

type ApiTokenEdge { cursor: String! node: ApiToken! }
type QueryApiTokensConnection { edges: [ApiTokenEdge!]! pageInfo: PageInfo! }
type ProjectTokenEdge { cursor: String! node: ProjectToken! }
type QueryProjectTokensConnection { edges: [ProjectTokenEdge!]! pageInfo: PageInfo! }
type ProjectEdge { cursor: String! node: Project! }
type QueryProjectsConnection { edges: [ProjectEdge!]! pageInfo: PageInfo! }
type EnvironmentEdge { cursor: String! node: Environment! }
type EnvironmentConnection { edges: [EnvironmentEdge!]! pageInfo: PageInfo! }
type ServiceEdge { cursor: String! node: Service! }
type ServiceConnection { edges: [ServiceEdge!]! pageInfo: PageInfo! }
type VolumeEdge { cursor: String! node: Volume! }
type VolumeConnection { edges: [VolumeEdge!]! pageInfo: PageInfo! }
type VolumeInstanceEdge { cursor: String! node: VolumeInstance! }
type VolumeInstanceConnection { edges: [VolumeInstanceEdge!]! pageInfo: PageInfo! }

input ApiTokenCreateInput { name: String! workspaceId: String }
input ProjectTokenCreateInput { name: String! projectId: String! environmentId: String! }
input VariableUpsertInput { projectId: String! environmentId: String! serviceId: String name: String! value: String! skipDeploys: Boolean }

type Query {
  me: User!
  projects(first: Int, after: String, workspaceId: String): QueryProjectsConnection!
  project(id: String!): Project!
  projectToken: ProjectToken!
  apiToken: ApiTokenContext!
  apiTokens(first: Int, after: String): QueryApiTokensConnection!
  projectTokens(projectId: String!, first: Int, after: String): QueryProjectTokensConnection!
  volumeInstance(id: String!): VolumeInstance!
  volumeInstanceBackupList(volumeInstanceId: String!): [VolumeInstanceBackup!]!
}

type Mutation {
  volumeDelete(volumeId: String!): Boolean!
  volumeInstanceBackupDelete(volumeInstanceId: String!, volumeInstanceBackupId: String!): WorkflowResult!
  apiTokenCreate(input: ApiTokenCreateInput!): String!
  apiTokenDelete(id: String!): Boolean!
  projectTokenCreate(input: ProjectTokenCreateInput!): String!
  projectTokenDelete(id: String!): Boolean!
  variableUpsert(input: VariableUpsertInput!): Boolean!
  serviceInstanceRedeploy(environmentId: String!, serviceId: String!): Boolean!
}
`;

export const schema = buildSchema(SDL);
