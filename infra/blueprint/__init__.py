"""What the CDK stacks and the Terraform roots both say of a gateway, computed once: names, releases, functions, roles.

Pure, but `code` reads the folders of functions. Where a value names another resource it does so in CloudFormation's notation
(``Ref``, ``Fn::GetAtt``, ``Fn::Sub``): the stacks take it as it is, `infra.terraform` translates it.
"""
