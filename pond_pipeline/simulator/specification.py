"""The OpenAPI document at `/public-api/docs/spec`: the endpoints in short."""

from collections.abc import Mapping


def _get(summary: str, *parameters: str) -> Mapping[str, object]:
    return {
        "get": {
            "summary": summary,
            "parameters": [
                {
                    "name": name,
                    "in": "path" if name == "id" else "query",
                    "required": name == "id",
                    "schema": {"type": "integer", "format": "int64"},
                }
                for name in parameters
            ],
            "responses": {"200": {"description": "OK"}},
            "security": [{"oauth2": ["read:locations", "read:data"]}],
        }
    }


SPECIFICATION: Mapping[str, object] = {
    "openapi": "3.0.3",
    "info": {"title": "HydroVu API (simulated)", "version": "1"},
    "servers": [{"url": "/public-api"}],
    "paths": {
        "/v1/locations/list": _get("All locations, paged"),
        "/v1/locations/{id}/data": _get("Readings, paged", "id", "startTime", "endTime"),
        "/v1/sispec/friendlynames": _get("Names of parameters and units"),
    },
    "components": {
        "securitySchemes": {
            "oauth2": {
                "type": "oauth2",
                "flows": {
                    "clientCredentials": {
                        "tokenUrl": "/public-api/oauth/token",
                        "scopes": {
                            "read:locations": "The list of locations",
                            "read:data": "Readings",
                        },
                    }
                },
            }
        }
    },
}
