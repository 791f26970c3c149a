//! What finds the sandbox of a request: OpenResty's configuration and its Lua files.

use serde::{Deserialize, Serialize};

use super::overlay::{DOOR_PORT, HOST_ADDRESS};
use super::template::{PayloadError, render};

/// What OpenResty is configured with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routing {
    /// Where it listens, as in nginx's `listen`.
    pub listen: String,
    /// Where it listens for sandboxes.
    #[serde(default = "door")]
    pub door: String,
    /// Where OpenHands listens, `host:port`.
    pub app_address: String,
    /// Docker's socket.
    pub docker_socket: String,
    /// Where the Lua files are.
    pub lua_folder: String,
    /// Whether applications may be open to everybody.
    pub public_access: bool,
}

/// The address for sandboxes on an instance.
fn door() -> String {
    format!("{HOST_ADDRESS}:{DOOR_PORT}")
}

impl Routing {
    /// As it is in the container on an instance.
    pub fn on_instance(public_access: bool) -> Self {
        Self {
            listen: "8080".to_owned(),
            door: door(),
            app_address: "127.0.0.1:3000".to_owned(),
            docker_socket: "/var/run/docker.sock".to_owned(),
            lua_folder: "/usr/local/openresty/ohinfra".to_owned(),
            public_access,
        }
    }

    /// `nginx.conf`.
    pub fn configuration(&self) -> Result<String, PayloadError> {
        render("routing/nginx.conf.tmpl", include_str!("../../payload/routing/nginx.conf.tmpl"), self)
    }
}

/// The Lua files, by name.
pub const LUA: &[(&str, &str)] = &[
    ("docker.lua", include_str!("../../payload/routing/lua/docker.lua")),
    ("runtime.lua", include_str!("../../payload/routing/lua/runtime.lua")),
];
