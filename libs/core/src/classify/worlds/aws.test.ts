import { describe, expect, it } from "vitest";
import { prepareClassifiers } from "../sql/prepare.ts";
import { classifyShell } from "../shell/shell.ts";

await prepareClassifiers();

/** With the canonical operation of the worst that is found. */
const LOSSES: readonly (readonly [text: string, operation: string])[] = [
  ["aws ec2 terminate-instances --instance-ids i-1", "aws.ec2.terminate"],
  ["aws ec2 delete-volume --volume-id v", "aws.delete-volume"],
  ["aws ec2 release-address --allocation-id e", "aws.ec2.release-address"],
  ["aws elbv2 delete-load-balancer --load-balancer-arn a", "aws.delete-load-balancer"],
  ["aws elbv2 deregister-targets --target-group-arn a --targets Id=i", "aws.elb.deregister"],
  ["aws elb deregister-instances-from-load-balancer --load-balancer-name l --instances i", "aws.elb.deregister"],
  ["aws autoscaling delete-auto-scaling-group --auto-scaling-group-name g --force-delete", "aws.delete-auto-scaling-group"],
  ["aws autoscaling update-auto-scaling-group --auto-scaling-group-name g --min-size 0 --desired-capacity 0", "aws.autoscaling.scale-to-zero"],
  ["aws autoscaling set-desired-capacity --auto-scaling-group-name g --desired-capacity 0", "aws.autoscaling.scale-to-zero"],
  ["aws ecs update-service --service s --desired-count 0", "aws.ecs.scale-to-zero"],
  ["aws ecs delete-service --service s --force", "aws.delete-service"],
  ["aws lambda delete-function --function-name f", "aws.delete-function"],
  ["aws lambda put-function-concurrency --function-name f --reserved-concurrent-executions 0", "aws.lambda.stop"],
  ["aws rds delete-db-cluster-snapshot --db-cluster-snapshot-identifier s", "aws.rds.delete-backup"],
  ["aws dynamodb delete-item --table-name t --key '{}'", "aws.delete-item"],
  ["aws s3api delete-objects --bucket b --delete file://d.json", "aws.delete-objects"],
  ["aws iam delete-access-key --access-key-id A --user-name u", "aws.iam.delete-credential"],
  ["aws iam delete-user --user-name u", "aws.delete-user"],
  ["aws cloudformation delete-stack --stack-name s", "aws.delete-stack"],
  ["aws cloudfront delete-distribution --id E --if-match x", "aws.delete-distribution"],
  ["aws route53 delete-hosted-zone --id Z", "aws.delete-hosted-zone"],
  ["aws route53 change-resource-record-sets --hosted-zone-id Z --change-batch '{\"Changes\":[{\"Action\":\"DELETE\"}]}'", "aws.route53.delete-records"],
  ["aws logs delete-log-group --log-group-name g", "aws.delete-log-group"],
  ["aws ecr delete-repository --repository-name r --force", "aws.delete-repository"],
  ["aws ecr batch-delete-image --repository-name r --image-ids imageTag=x", "aws.batch-delete-image"],
  ["aws eks delete-cluster --name c", "aws.delete-cluster"],
  ["aws elasticache delete-replication-group --replication-group-id r", "aws.delete-replication-group"],
  ["aws redshift delete-cluster --cluster-identifier c --skip-final-cluster-snapshot", "aws.delete-cluster"],
  ["aws efs delete-file-system --file-system-id f", "aws.delete-file-system"],
  ["aws cognito-idp delete-user-pool --user-pool-id p", "aws.delete-user-pool"],
  ["aws apigateway delete-rest-api --rest-api-id a", "aws.delete-rest-api"],
  ["aws apigatewayv2 delete-stage --api-id a --stage-name s", "aws.delete-stage"],
  ["aws ses delete-identity --identity x", "aws.delete-identity"],
  ["aws sesv2 put-account-sending-attributes --no-sending-enabled", "aws.ses.stop"],
  ["aws ssm delete-parameter --name n", "aws.delete-parameter"],
  ["aws secretsmanager delete-secret --secret-id s --recovery-window-in-days 7", "aws.secretsmanager.delete"],
  ["aws secretsmanager put-secret-value --secret-id s --secret-string x", "aws.secretsmanager.overwrite"],
  ["aws codepipeline delete-pipeline --name p", "aws.delete-pipeline"],
  ["aws glacier delete-archive --vault-name v --account-id - --archive-id a", "aws.delete-archive"],
  ["aws elasticbeanstalk terminate-environment --environment-name e", "aws.terminate-environment"],
  ["aws emr terminate-clusters --cluster-ids c", "aws.terminate-clusters"],
  ["aws organizations remove-account-from-organization --account-id 1", "aws.organizations.leave"],
  ["aws kms disable-key --key-id k", "aws.kms.destroy-key"],
  ["aws ssm send-command --document-name AWS-RunShellScript --parameters 'commands=[\"rm -rf /data\"]'", "shell.rm"],
  ["aws ec2 stop-instances --instance-ids i-1 --force", "aws.ec2.stop-force"],
  ["aws ec2 detach-volume --volume-id v --force", "aws.ec2.detach-force"],
  ["aws s3 sync a s3://b --delete", "aws.s3.sync-delete"],
  ["aws s3 rm s3://b/x", "aws.s3.rm"],
  ["aws lightsail delete-instance --instance-name i", "aws.delete-instance"],
  ["aws sqs purge-queue --queue-url u", "aws.sqs.purge"],
  ["aws route53 delete-health-check --health-check-id h", "aws.delete-health-check"],
  ["aws ses delete-template --template-name t", "aws.delete-template"],
  ["aws sesv2 delete-contact-list --contact-list-name c", "aws.delete-contact-list"],
];

/** Nothing is lost yet, but what would bring it back is: with the rule's id. */
const UNPROTECTED: readonly (readonly [text: string, rule: string])[] = [
  ["aws ec2 delete-flow-logs --flow-log-ids f", "protection.aws.ec2.protection-off"],
  ["aws ec2 modify-instance-attribute --instance-id i --no-disable-api-termination", "protection.aws.ec2.unprotect"],
  ["aws ec2 modify-instance-attribute --instance-id i --attribute disableApiTermination --value false", "protection.aws.ec2.unprotect"],
  ["aws ec2 modify-snapshot-attribute --snapshot-id s --create-volume-permission \"Add=[{Group=all}]\"", "protection.aws.ec2.share-public"],
  ["aws ec2 disable-ebs-encryption-by-default", "protection.aws.ec2.protection-off"],
  ["aws elbv2 modify-load-balancer-attributes --load-balancer-arn a --attributes Key=deletion_protection.enabled,Value=false", "protection.aws.unprotect"],
  ["aws rds modify-db-instance --db-instance-identifier p --no-deletion-protection --apply-immediately", "protection.aws.rds.unprotect"],
  ["aws rds modify-db-cluster --db-cluster-identifier p --backup-retention-period 0", "protection.aws.rds.unprotect"],
  ["aws rds modify-db-snapshot-attribute --db-snapshot-identifier s --attribute-name restore --values-to-add all", "protection.aws.rds.share-public"],
  ["aws dynamodb update-continuous-backups --table-name t --point-in-time-recovery-specification PointInTimeRecoveryEnabled=false", "protection.aws.dynamodb.backups-off"],
  ["aws dynamodb update-table --table-name t --no-deletion-protection-enabled", "protection.aws.unprotect"],
  ["aws s3api put-bucket-versioning --bucket b --versioning-configuration Status=Suspended", "protection.aws.s3api.versioning-off"],
  ["aws s3api delete-public-access-block --bucket b", "protection.aws.s3api.public-access"],
  ["aws s3api put-public-access-block --bucket b --public-access-block-configuration BlockPublicAcls=false", "protection.aws.s3api.public-access"],
  ["aws s3api put-bucket-acl --bucket b --acl public-read", "protection.aws.s3api.public-access"],
  ["aws s3api delete-bucket-policy --bucket b", "protection.aws.s3api.unprotect"],
  ["aws s3api delete-bucket-encryption --bucket b", "protection.aws.s3api.unprotect"],
  ["aws s3api put-bucket-lifecycle-configuration --bucket b --lifecycle-configuration file://l.json", "protection.aws.s3api.lifecycle"],
  ["aws s3api delete-bucket-replication --bucket b", "protection.aws.s3api.unprotect"],
  ["aws s3api put-object-legal-hold --bucket b --key k --legal-hold Status=OFF", "protection.aws.s3api.object-lock-off"],
  ["aws s3api delete-object --bucket b --key k --bypass-governance-retention", "protection.aws.s3api.object-lock-off"],
  ["aws iam deactivate-mfa-device --user-name u --serial-number s", "protection.aws.iam.unprotect"],
  ["aws iam delete-account-password-policy", "protection.aws.iam.unprotect"],
  ["aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name s", "protection.aws.unprotect"],
  ["aws logs put-retention-policy --log-group-name g --retention-in-days 1", "protection.aws.logs.retention"],
  ["aws cloudwatch delete-alarms --alarm-names a", "protection.aws.alarms-off"],
  ["aws cloudwatch disable-alarm-actions --alarm-names a", "protection.aws.alarms-off"],
  ["aws guardduty delete-detector --detector-id d", "protection.aws.security-off"],
  ["aws guardduty update-detector --detector-id d --no-enable", "protection.aws.security-off"],
  ["aws configservice stop-configuration-recorder --configuration-recorder-name r", "protection.aws.security-off"],
  ["aws securityhub disable-security-hub", "protection.aws.security-off"],
  ["aws macie2 disable-macie", "protection.aws.security-off"],
  ["aws wafv2 disassociate-web-acl --resource-arn a", "protection.aws.waf-off"],
  ["aws cloudtrail stop-logging --name t", "protection.aws.cloudtrail.stop"],
  ["aws cloudtrail update-trail --name t --no-include-global-service-events", "protection.aws.cloudtrail.narrow"],
  ["aws cognito-idp update-user-pool --user-pool-id p --deletion-protection INACTIVE", "protection.aws.unprotect"],
  ["aws secretsmanager remove-regions-from-replication --secret-id s --remove-replica-regions r", "protection.aws.secretsmanager.unprotect"],
  ["aws events disable-rule --name r", "protection.aws.alarms-off"],
  ["aws emr modify-cluster-attributes --cluster-id j --no-termination-protected", "protection.aws.unprotect"],
  ["aws kms put-key-policy --key-id k --policy file://p --bypass-policy-lockout-safety-check", "protection.aws.kms.lockout"],
  ["aws sqs set-queue-attributes --queue-url u --attributes MessageRetentionPeriod=60", "protection.aws.sqs.retention"],
  ["aws docdb modify-db-cluster --db-cluster-identifier c --no-deletion-protection", "protection.aws.rds.unprotect"],
];

/** Neighbours: nothing in them is beyond repair. */
const HARMLESS: readonly string[] = [
  "aws ec2 describe-instances --filters Name=tag:x,Values=delete",
  "aws s3 ls s3://b",
  "aws s3 cp a s3://b/a",
  "aws s3 sync a s3://b",
  "aws s3api get-bucket-versioning --bucket b",
  "aws s3api put-bucket-versioning --bucket b --versioning-configuration Status=Enabled",
  "aws rds describe-db-instances",
  "aws rds create-db-snapshot --db-instance-identifier p --db-snapshot-identifier s",
  "aws rds modify-db-instance --db-instance-identifier p --deletion-protection",
  "aws rds modify-db-instance --db-instance-identifier p --backup-retention-period 14",
  "aws dynamodb scan --table-name t",
  "aws logs put-retention-policy --log-group-name g --retention-in-days 365",
  "aws logs tail g",
  "aws cloudformation describe-stacks",
  "aws cloudformation update-termination-protection --enable-termination-protection --stack-name s",
  "aws cloudformation create-change-set --stack-name s --change-set-name c",
  "aws iam list-users",
  "aws kms describe-key --key-id k",
  "aws secretsmanager get-secret-value --secret-id s",
  "aws secretsmanager restore-secret --secret-id s",
  "aws secretsmanager create-secret --name s",
  "aws secretsmanager tag-resource --secret-id s --tags k=v",
  "aws ecs update-service --service s --desired-count 3",
  "aws autoscaling update-auto-scaling-group --auto-scaling-group-name g --min-size 2",
  "aws lambda invoke --function-name f out",
  "aws route53 list-hosted-zones",
  "aws cloudfront get-distribution --id E",
  "aws ec2 terminate-instances --instance-ids i-1 --dry-run",
  "aws help",
  "aws ec2 start-instances --instance-ids i",
  "aws ec2 stop-instances --instance-ids i",
  "aws s3 rb help",
];

describe("Amazon Web Services: losses", () => {
  it.each(LOSSES)("%s", (text, operation) => {
    const { worst } = classifyShell(text);
    expect({ operation: worst.operation, reversibility: worst.reversibility }).toEqual({ operation, reversibility: "irreversible" });
  });
});

describe("Amazon Web Services: protection that is taken away", () => {
  it.each(UNPROTECTED)("%s", (text, rule) => {
    const { worst } = classifyShell(text);
    expect({ rule: worst.rule, reversibility: worst.reversibility }).toEqual({ rule, reversibility: "irreversible" });
  });
});

describe("Amazon Web Services: harmless neighbours", () => {
  it.each(HARMLESS)("%s", (text) => {
    const { verdicts } = classifyShell(text);
    expect(verdicts.filter(({ reversibility, effect }) => reversibility === "irreversible" && effect !== "read")).toEqual([]);
  });
});
