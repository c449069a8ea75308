"""The same gateway in Terraform: one root module per region and one for DNS, as Terraform JSON.

Stages: `region` and `dns` make roots as plain data from the model and from what `infra.blueprint` computes; `constructs` has
cdktn synthesize them; `output` writes them; `meaning` reads them back and compares them with CloudFormation templates. Only
`constructs` starts node (half a second), only `output` and `variables` touch the disk, nothing touches AWS.
"""
