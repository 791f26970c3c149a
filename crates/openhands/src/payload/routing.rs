//! The reverse proxy that routes requests to sandboxes: the OpenResty configuration and Lua files.

use serde::{Deserialize, Serialize};

use super::overlay::{GATEWAY_PORT, HOST_ADDRESS};
use super::template::{PayloadError, render};

/// Values of the OpenResty configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routing {
    /// The listen address, as in the nginx directive `listen`.
    pub listen: String,
    /// The listen address of the sandbox gateway.
    #[serde(default = "sandbox_gateway")]
    pub sandbox_gateway: String,
    /// The address of OpenHands, `host:port`.
    pub app_address: String,
    /// The path of the Docker socket.
    pub docker_socket: String,
    /// The directory of the Lua files.
    pub lua_folder: String,
    /// `true` to allow public access to apps started by agents.
    pub public_access: bool,
}

/// Returns the listen address of the sandbox gateway on an instance.
fn sandbox_gateway() -> String {
    format!("{HOST_ADDRESS}:{GATEWAY_PORT}")
}

impl Routing {
    /// Returns the values for the container on an instance.
    pub fn on_instance(public_access: bool) -> Self {
        Self {
            listen: "8080".to_owned(),
            sandbox_gateway: sandbox_gateway(),
            app_address: "127.0.0.1:3000".to_owned(),
            docker_socket: "/var/run/docker.sock".to_owned(),
            lua_folder: "/usr/local/openresty/ohinfra".to_owned(),
            public_access,
        }
    }

    /// Returns the content of `nginx.conf`.
    pub fn configuration(&self) -> Result<String, PayloadError> {
        render("routing/nginx.conf.tmpl", include_str!("../../payload/routing/nginx.conf.tmpl"), self)
    }
}

/// The Lua files, as name and content.
pub const LUA: &[(&str, &str)] = &[
    ("docker.lua", include_str!("../../payload/routing/lua/docker.lua")),
    ("runtime.lua", include_str!("../../payload/routing/lua/runtime.lua")),
];
