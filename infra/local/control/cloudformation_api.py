"""CloudFormation handlers for what an API consists of: RestApi, Resource, Method, Model and their like. Memory only.

Physical ids are AWS's (``Ref``): ids for most, the model's name for Model. Method, GatewayResponse and the like have ids of
their own form on AWS; ours name the parts, joined by ``|``.
"""

# ruff: noqa: ARG002 - every handler has the engine's signature, whatever it needs of it
from __future__ import annotations

import json
from typing import Any

from infra.local.control import cloudformation_props as cfn
from infra.local.control.cloudformation_props import Created, Handler, Kind, Plane, Props, mark, sync_tags
from infra.local.control.patch import escape
from infra.local.control.store import Shape


def handlers(plane: Plane) -> dict[str, Handler]:
    return {
        f"AWS::ApiGateway::{name}": kind.handler()
        for name, kind in {
            "RestApi": _RestApi(plane),
            "Resource": _Resource(plane),
            "Method": _Method(plane),
            "Model": _Model(plane),
            "RequestValidator": _Validator(plane),
            "Authorizer": _Authorizer(plane),
            "GatewayResponse": _GatewayResponse(plane),
            "DocumentationPart": _DocumentationPart(plane),
            "DocumentationVersion": _DocumentationVersion(plane),
        }.items()
    }


class _RestApi(Kind):
    """With a Body the API is imported, and an update of the Body is put over it: the id stays.

    Without ``Mode`` the new definition wins, but container types such as binary media types are merged (documented for
    APIs made after March 2021).
    """

    def create(self, logical_id: str, props: Props, stack: str) -> Created:
        body = self._body(props)
        if body is None:
            made = self.plane("CreateRestApi", **self._members(props, props.get("Name") or logical_id))
            mark(self.plane, f"restapis/{made['id']}", logical_id, stack)
        else:
            made = self.plane(
                "ImportRestApi", body=body, parameters=self._parameters(props), failOnWarnings=self._strict(props)
            )
            try:
                self._after_import(made["id"], {}, props)
                mark(self.plane, f"restapis/{made['id']}", logical_id, stack)
            except Exception:
                self.plane("DeleteRestApi", restApiId=made["id"])
                raise
        return made["id"], self._attributes(made["id"])

    def update(self, physical_id: str, old: Props, new: Props) -> Created:
        body = self._body(new)
        if body is not None and cfn.changed(old, new, "Body", "BodyS3Location", "Parameters", "FailOnWarnings", "Mode"):
            kept = (
                [] if new.get("Mode") else self.plane("GetRestApi", restApiId=physical_id).get("binaryMediaTypes", [])
            )
            self.plane(
                "PutRestApi",
                restApiId=physical_id,
                mode=new.get("Mode") or "overwrite",
                body=body,
                parameters=self._parameters(new),
                failOnWarnings=self._strict(new),
            )
            self._after_import(
                physical_id, {}, {**new, "BinaryMediaTypes": [*kept, *(new.get("BinaryMediaTypes") or [])]}
            )
        else:
            self._after_import(physical_id, old, new)
        return physical_id, self._attributes(physical_id)

    def delete(self, physical_id: str, props: Props) -> None:
        cfn.gone(lambda: self.plane("DeleteRestApi", restApiId=physical_id))

    def _attributes(self, api_id: str) -> Shape:
        shape = self.plane("GetRestApi", restApiId=api_id)
        return {"RestApiId": api_id, "RootResourceId": shape["rootResourceId"]}

    def _body(self, props: Props) -> bytes | None:
        if props.get("Body") is not None:
            body = props["Body"]
            return body.encode() if isinstance(body, str) else json.dumps(body).encode()
        if place := props.get("BodyS3Location"):
            return self.plane.object(place["Bucket"], place["Key"], place.get("Version"))
        return None

    def _strict(self, props: Props) -> bool:
        return bool(cfn.boolean(props.get("FailOnWarnings")))

    def _parameters(self, props: Props) -> Shape | None:
        types = (props.get("EndpointConfiguration") or {}).get("Types")
        given = {**(props.get("Parameters") or {})}
        if types:
            given.setdefault("endpointConfigurationTypes", ",".join(types))
        return given or None

    def _members(self, props: Props, name: str) -> Shape:
        policy = props.get("Policy")
        return {
            **cfn.members(props, "Description", "BinaryMediaTypes", "EndpointConfiguration", "CloneFrom"),
            "name": name,
            "apiKeySource": props.get("ApiKeySourceType"),
            "minimumCompressionSize": cfn.whole(props.get("MinimumCompressionSize")),
            "disableExecuteApiEndpoint": cfn.boolean(props.get("DisableExecuteApiEndpoint")),
            "policy": json.dumps(policy) if isinstance(policy, dict) else policy,
            "tags": cfn.tags(props),
        }

    def _after_import(self, api_id: str, old: Props, new: Props) -> None:
        """Properties beside the body win over it; an update sends those that changed."""
        pairs = [
            ("Name", "/name"),
            ("Description", "/description"),
            ("Policy", "/policy"),
            ("ApiKeySourceType", "/apiKeySource"),
            ("MinimumCompressionSize", "/minimumCompressionSize"),
            ("DisableExecuteApiEndpoint", "/disableExecuteApiEndpoint"),
        ]
        operations = cfn.replace_operations(old, new, [pair for pair in pairs if new.get(pair[0]) is not None or old])
        operations = [operation for operation in operations if operation["value"] or operation["path"] in _CLEARABLE]
        before, after = old.get("BinaryMediaTypes") or [], new.get("BinaryMediaTypes") or []
        for op, media in (("remove", [kind for kind in before if kind not in after]), ("add", after)):
            if before != after:
                operations += [{"op": op, "path": f"/binaryMediaTypes/{escape(kind)}"} for kind in media]
        types = (new.get("EndpointConfiguration") or {}).get("Types")
        if types and cfn.changed(old, new, "EndpointConfiguration"):
            operations.append({"op": "replace", "path": "/endpointConfiguration/types/0", "value": types[0]})
        if operations:
            self.plane("UpdateRestApi", restApiId=api_id, patchOperations=operations)
        if cfn.changed(old, new, "Tags"):
            sync_tags(self.plane, f"restapis/{api_id}", cfn.tags(old), cfn.tags(new))


_CLEARABLE = ("/description", "/policy", "/minimumCompressionSize")


class _Resource(Kind):
    REPLACING = ("RestApiId", "ParentId", "PathPart")

    def create(self, logical_id: str, props: Props, stack: str) -> Created:
        made = self.plane("CreateResource", **cfn.members(props, "RestApiId", "ParentId", "PathPart"))
        return made["id"], {"ResourceId": made["id"]}

    def update(self, physical_id: str, old: Props, new: Props) -> Created:
        return physical_id, {"ResourceId": physical_id}

    def delete(self, physical_id: str, props: Props) -> None:
        cfn.gone(lambda: self.plane("DeleteResource", restApiId=props["RestApiId"], resourceId=physical_id))


class _Method(Kind):
    """Physical id ``api|resource|verb``; an update deletes and puts again, which no client of the live API can see."""

    REPLACING = ("RestApiId", "ResourceId", "HttpMethod")

    def create(self, logical_id: str, props: Props, stack: str) -> Created:
        key = cfn.members(props, "RestApiId", "ResourceId", "HttpMethod")
        self._put(key, props)
        return "|".join(key.values()), {}

    def update(self, physical_id: str, old: Props, new: Props) -> Created:
        key = cfn.members(new, "RestApiId", "ResourceId", "HttpMethod")
        self.plane("DeleteMethod", **key)
        try:
            self._put(key, new)
        except Exception:
            self._put(key, old)
            raise
        return physical_id, {}

    def delete(self, physical_id: str, props: Props) -> None:
        key = cfn.members(props, "RestApiId", "ResourceId", "HttpMethod")
        cfn.gone(lambda: self.plane("DeleteMethod", **key))

    def _put(self, key: Shape, props: Props) -> None:
        given = cfn.members(
            props, "AuthorizerId", "OperationName", "RequestModels", "RequestValidatorId", "AuthorizationScopes"
        )
        given["apiKeyRequired"] = cfn.boolean(props.get("ApiKeyRequired"))
        given["authorizationType"] = props.get("AuthorizationType") or "NONE"
        given["requestParameters"] = _flags(props.get("RequestParameters"))
        self.plane("PutMethod", **key, **given)
        try:
            self._put_rest(key, props)
        except Exception:
            self.plane("DeleteMethod", **key)
            raise

    def _put_rest(self, key: Shape, props: Props) -> None:
        for response in props.get("MethodResponses") or []:
            given = cfn.members(response, "ResponseModels")
            given["responseParameters"] = _flags(response.get("ResponseParameters"))
            self.plane("PutMethodResponse", **key, statusCode=str(response["StatusCode"]), **given)
        integration = props.get("Integration")
        if not integration:
            return
        members = cfn.members(integration, *_INTEGRATION)
        members["timeoutInMillis"] = cfn.whole(integration.get("TimeoutInMillis"))
        self.plane("PutIntegration", **key, integrationHttpMethod=integration.get("IntegrationHttpMethod"), **members)
        for response in integration.get("IntegrationResponses") or []:
            given = cfn.members(
                response, "SelectionPattern", "ResponseParameters", "ResponseTemplates", "ContentHandling"
            )
            self.plane("PutIntegrationResponse", **key, statusCode=str(response["StatusCode"]), **given)


_INTEGRATION = [
    "Type",
    "Uri",
    "ConnectionType",
    "ConnectionId",
    "Credentials",
    "RequestParameters",
    "RequestTemplates",
    "PassthroughBehavior",
    "CacheNamespace",
    "CacheKeyParameters",
    "ContentHandling",
    "ResponseTransferMode",
    "IntegrationTarget",
]


def _flags(parameters: Any) -> Shape | None:
    return {key: bool(cfn.boolean(value)) for key, value in parameters.items()} if parameters else None


class _Model(Kind):
    REPLACING = ("RestApiId", "Name", "ContentType")

    def create(self, logical_id: str, props: Props, stack: str) -> Created:
        name = props.get("Name") or "".join(filter(str.isalnum, cfn.generated_name(stack, logical_id)))
        self.plane(
            "CreateModel",
            restApiId=props["RestApiId"],
            name=name,
            contentType=props.get("ContentType") or "application/json",
            schema=cfn.text(props.get("Schema", "")),
            description=props.get("Description"),
        )
        return name, {}

    def update(self, physical_id: str, old: Props, new: Props) -> Created:
        operations = cfn.replace_operations(old, new, [("Description", "/description"), ("Schema", "/schema")])
        if operations:
            self.plane("UpdateModel", restApiId=new["RestApiId"], modelName=physical_id, patchOperations=operations)
        return physical_id, {}

    def delete(self, physical_id: str, props: Props) -> None:
        cfn.gone(lambda: self.plane("DeleteModel", restApiId=props["RestApiId"], modelName=physical_id))


class _Validator(Kind):
    REPLACING = ("RestApiId", "Name")

    def create(self, logical_id: str, props: Props, stack: str) -> Created:
        made = self.plane(
            "CreateRequestValidator",
            restApiId=props["RestApiId"],
            name=props.get("Name") or cfn.generated_name(stack, logical_id),
            validateRequestBody=cfn.boolean(props.get("ValidateRequestBody")),
            validateRequestParameters=cfn.boolean(props.get("ValidateRequestParameters")),
        )
        return made["id"], {"RequestValidatorId": made["id"]}

    def update(self, physical_id: str, old: Props, new: Props) -> Created:
        pairs = [
            ("ValidateRequestBody", "/validateRequestBody"),
            ("ValidateRequestParameters", "/validateRequestParameters"),
        ]
        operations = cfn.replace_operations(old, new, pairs)
        if operations:
            self.plane(
                "UpdateRequestValidator",
                restApiId=new["RestApiId"],
                requestValidatorId=physical_id,
                patchOperations=operations,
            )
        return physical_id, {"RequestValidatorId": physical_id}

    def delete(self, physical_id: str, props: Props) -> None:
        cfn.gone(
            lambda: self.plane("DeleteRequestValidator", restApiId=props["RestApiId"], requestValidatorId=physical_id)
        )


_AUTHORIZER = (
    "Name",
    "Type",
    "ProviderARNs",
    "AuthType",
    "AuthorizerUri",
    "AuthorizerCredentials",
    "IdentitySource",
    "IdentityValidationExpression",
)


class _Authorizer(Kind):
    REPLACING = ("RestApiId",)

    def create(self, logical_id: str, props: Props, stack: str) -> Created:
        made = self.plane(
            "CreateAuthorizer",
            restApiId=props["RestApiId"],
            authorizerResultTtlInSeconds=cfn.whole(props.get("AuthorizerResultTtlInSeconds")),
            **{"name": cfn.generated_name(stack, logical_id), **cfn.members(props, *_AUTHORIZER)},
        )
        return made["id"], {"AuthorizerId": made["id"]}

    def update(self, physical_id: str, old: Props, new: Props) -> Created:
        names = [name for name in (*_AUTHORIZER, "AuthorizerResultTtlInSeconds") if name != "ProviderARNs"]
        pairs = [(name, f"/{cfn.member_name(name)}") for name in names if new.get(name) is not None]
        operations = cfn.replace_operations(old, new, pairs)
        for op, arns in (("remove", old.get("ProviderARNs") or []), ("add", new.get("ProviderARNs") or [])):
            if cfn.changed(old, new, "ProviderARNs"):
                operations += [{"op": op, "path": "/providerARNs", "value": arn} for arn in arns]
        if operations:
            self.plane(
                "UpdateAuthorizer", restApiId=new["RestApiId"], authorizerId=physical_id, patchOperations=operations
            )
        return physical_id, {"AuthorizerId": physical_id}

    def delete(self, physical_id: str, props: Props) -> None:
        cfn.gone(lambda: self.plane("DeleteAuthorizer", restApiId=props["RestApiId"], authorizerId=physical_id))


class _GatewayResponse(Kind):
    REPLACING = ("RestApiId", "ResponseType")

    def create(self, logical_id: str, props: Props, stack: str) -> Created:
        given = cfn.members(props, "RestApiId", "ResponseType", "ResponseParameters", "ResponseTemplates")
        status = props.get("StatusCode")
        self.plane("PutGatewayResponse", statusCode=None if status is None else str(status), **given)
        key = f"{props['RestApiId']}|{props['ResponseType']}"
        return key, {"Id": key}

    def update(self, physical_id: str, old: Props, new: Props) -> Created:
        return self.create(physical_id, new, "")

    def delete(self, physical_id: str, props: Props) -> None:
        cfn.gone(
            lambda: self.plane(
                "DeleteGatewayResponse", restApiId=props["RestApiId"], responseType=props["ResponseType"]
            )
        )


class _DocumentationPart(Kind):
    REPLACING = ("RestApiId", "Location")

    def create(self, logical_id: str, props: Props, stack: str) -> Created:
        given = cfn.members(props, "RestApiId", "Location")
        made = self.plane("CreateDocumentationPart", properties=cfn.text(props["Properties"]), **given)
        return made["id"], {"DocumentationPartId": made["id"]}

    def update(self, physical_id: str, old: Props, new: Props) -> Created:
        self.plane(
            "UpdateDocumentationPart",
            restApiId=new["RestApiId"],
            documentationPartId=physical_id,
            patchOperations=cfn.replace_operations(old, new, [("Properties", "/properties")]),
        )
        return physical_id, {"DocumentationPartId": physical_id}

    def delete(self, physical_id: str, props: Props) -> None:
        key = {"restApiId": props["RestApiId"], "documentationPartId": physical_id}
        cfn.gone(lambda: self.plane("DeleteDocumentationPart", **key))


class _DocumentationVersion(Kind):
    REPLACING = ("RestApiId", "DocumentationVersion")

    def create(self, logical_id: str, props: Props, stack: str) -> Created:
        given = cfn.members(props, "RestApiId", "DocumentationVersion", "Description")
        self.plane("CreateDocumentationVersion", **given)
        return props["DocumentationVersion"], {}

    def update(self, physical_id: str, old: Props, new: Props) -> Created:
        self.plane(
            "UpdateDocumentationVersion",
            restApiId=new["RestApiId"],
            documentationVersion=physical_id,
            patchOperations=cfn.replace_operations(old, new, [("Description", "/description")]),
        )
        return physical_id, {}

    def delete(self, physical_id: str, props: Props) -> None:
        key = {"restApiId": props["RestApiId"], "documentationVersion": physical_id}
        cfn.gone(lambda: self.plane("DeleteDocumentationVersion", **key))
