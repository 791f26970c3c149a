-- Routes requests to sandboxes and checks access.
local docker = require("docker")

local runtime = {}

local settings = { docker_socket = "/var/run/docker.sock", public_access = false }

-- The agent server and the editor have the permissions of the agent, so they are never public.
local AGENT_PORT = 8000
local NEVER_PUBLIC = { [AGENT_PORT] = true, [8001] = true }

function runtime.configure(with)
    settings = with
end

-- The same style as the pages of the Lambda@Edge function.
local PAGE = [[<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="data:,"><title>%s</title>
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem;overflow-wrap:break-word}h1{font-size:1.5rem;line-height:1.25}</style></head>
<body><main><h1>%s</h1><p>%s</p><p><a href="%s">%s</a></p></main></body>
</html>]]

-- Returns true for a page navigation.
local function is_navigation()
    local mode = ngx.var.http_sec_fetch_mode or ""
    local accept = ngx.var.http_accept or ""
    local is_upgrade = (ngx.var.http_upgrade or "") ~= ""
    return not is_upgrade and (mode == "" or mode == "navigate") and accept:find("text/html", 1, true) ~= nil
end

-- Returns the URL of OpenHands for the host of this request.
local function main_page()
    local site = (ngx.var.http_host or ""):match("%.runtime%.([%w.-]+)$")
    return site and "https://" .. site .. "/" or "/"
end

-- Responds with an error page for navigation requests, and with plain text for other requests. Titles and messages are
-- constants, so they need no escaping.
local function refuse(status, title, message, may_change)
    ngx.status = status
    ngx.header["Cache-Control"] = "no-store"
    ngx.header["X-Content-Type-Options"] = "nosniff"
    if is_navigation() then
        ngx.header["Content-Type"] = "text/html; charset=utf-8"
        ngx.header["Content-Security-Policy"] = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
        -- An empty link is the URL of this page.
        local link, label = main_page(), "Open OpenHands"
        if may_change then
            link, label = "", "Try again"
        end
        ngx.say(PAGE:format(title, title, message, link, label))
    else
        ngx.header["Content-Type"] = "text/plain; charset=utf-8"
        ngx.say(message)
    end
    return ngx.exit(status)
end

local function may_see(container, port)
    local is_open = settings.public_access and ngx.var.http_x_runtime_access == "public"
    if is_open and not NEVER_PUBLIC[port] then
        return true
    end
    local user = ngx.var.http_x_cognito_user_id
    return user ~= nil and user ~= "" and user == container.user
end

-- The main host serves only the agent server. An application there would have the same origin as OpenHands and could act on
-- behalf of its visitor.
local function is_on_its_host(conversation, port)
    local host = (ngx.var.http_host or ""):lower()
    return port == AGENT_PORT or host:find(port .. "-" .. conversation .. ".runtime.", 1, true) == 1
end

-- Removes the login cookies, which applications must not receive, in addition to the edge.
local function without_tokens(cookies)
    local kept = {}
    for pair in cookies:gmatch("[^;]+") do
        local name = pair:match("^%s*([^=]-)%s*=") or pair
        if name ~= "id_token" and name ~= "refresh_token" then
            kept[#kept + 1] = pair:match("^%s*(.-)%s*$")
        end
    end
    return #kept > 0 and table.concat(kept, "; ") or nil
end

function runtime.route()
    local conversation, asked = ngx.var.conversation, tonumber(ngx.var.port)
    -- The raw request path must match the path that nginx resolved.
    local path = ngx.var.request_uri:match("^/runtime/" .. conversation .. "/" .. ngx.var.port .. "(.*)$")
    if not path or ngx.var.leads_up == "1" or asked > 65535 then
        return refuse(400, "Invalid path", "The path is not valid for an application.")
    end
    if not is_on_its_host(conversation, asked) then
        return refuse(404, "Application not found", "Applications are served on their own hosts, not on this one.")
    end
    local container, problem = docker.find(settings.docker_socket, conversation)
    if problem then
        ngx.log(ngx.ERR, "docker: ", problem)
        return refuse(503, "Temporarily unavailable", "Docker did not respond. Try again in a few minutes.", true)
    end
    if not container then
        return refuse(404, "Sandbox not running", "Open the conversation to start its sandbox, then open this address again.")
    end
    -- Check access before other properties, so that responses reveal nothing to other users.
    if not container.user then
        return refuse(403, "Access denied", "This sandbox has no owner. Contact your administrator.")
    end
    if not may_see(container, asked) then
        return refuse(403, "Access denied", "This sandbox belongs to another user.")
    end
    if not container.address then
        return refuse(502, "Sandbox not ready", "The sandbox has no network address yet. Try again in a few seconds.", true)
    end
    ngx.req.clear_header("X-Runtime-Access")
    local cookies = ngx.var.http_cookie
    if cookies then
        ngx.req.set_header("Cookie", without_tokens(cookies))
    end
    if path == "" or path:sub(1, 1) == "?" then
        path = "/" .. path
    end
    ngx.var.application = container.address .. ":" .. asked
    ngx.var.application_path = path
end

-- No server is listening. The frontend of OpenHands polls until one is, and does not treat this as an error.
function runtime.not_listening()
    local accept = ngx.var.http_accept or ""
    local is_probe = ngx.var.http_origin
        and ngx.var.http_sec_fetch_mode == "cors"
        and accept:find("application/json", 1, true)
    ngx.header["Cache-Control"] = "no-store"
    if is_probe then
        return ngx.exit(204)
    end
    local port = tonumber(ngx.var.port)
    if port == AGENT_PORT then
        return refuse(502, "Agent not ready", "The agent server of this conversation is not listening yet.", true)
    end
    local message = "No server is listening on port " .. port .. ". Start it in the conversation, then try again."
    return refuse(502, "Application not running", message, true)
end

-- Handles paths outside applications.
function runtime.no_route()
    if ngx.var.leads_up == "1" then
        return refuse(400, "Invalid path", "The path is not valid for an application.")
    end
    return refuse(404, "Page not found", "No page has this address.")
end

return runtime
