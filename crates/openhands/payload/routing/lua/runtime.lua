-- Which sandbox a request is for, and whether its sender may see it.
local docker = require("docker")

local runtime = {}

local settings = { docker_socket = "/var/run/docker.sock", public_access = false }

-- The agent server and the editor act as the agent: they are for the owner, whatever is public.
local AGENT_PORT = 8000
local NEVER_PUBLIC = { [AGENT_PORT] = true, [8001] = true }

function runtime.configure(with)
    settings = with
end

local function refuse(status, words)
    ngx.status = status
    ngx.header["Content-Type"] = "text/plain; charset=utf-8"
    ngx.header["Cache-Control"] = "no-store"
    ngx.say(words)
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

-- On the main host only the agent server is served. An application there would have the same origin as OpenHands itself,
-- and could act as whoever looks at it.
local function is_on_its_host(conversation, port)
    local host = (ngx.var.http_host or ""):lower()
    return port == AGENT_PORT or host:find(port .. "-" .. conversation .. ".runtime.", 1, true) == 1
end

-- Applications never see who is logged in to OpenHands, even if the edge let it through.
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
    -- The path as it was sent: what nginx has resolved must be what was asked for.
    local path = ngx.var.request_uri:match("^/runtime/" .. conversation .. "/" .. ngx.var.port .. "(.*)$")
    if not path or ngx.var.leads_up == "1" or asked > 65535 then
        return refuse(400, "The path is not one of an application.")
    end
    if not is_on_its_host(conversation, asked) then
        return refuse(404, "Applications have hosts of their own.")
    end
    local container, problem = docker.find(settings.docker_socket, conversation)
    if problem then
        ngx.log(ngx.ERR, "docker: ", problem)
        return refuse(503, "Docker does not answer.")
    end
    if not container then
        return refuse(404, "Sandbox not found.")
    end
    -- Whoever may not see it learns nothing of it.
    if not container.user then
        return refuse(403, "The sandbox has no owner.")
    end
    if not may_see(container, asked) then
        return refuse(403, "The sandbox is another user's.")
    end
    if not container.address then
        return refuse(502, "The sandbox has no address.")
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

-- Nothing listens (yet). OpenHands' page asks until something does: for it that is no error.
function runtime.not_listening()
    local accept = ngx.var.http_accept or ""
    local is_probe = ngx.var.http_origin
        and ngx.var.http_sec_fetch_mode == "cors"
        and accept:find("application/json", 1, true)
    ngx.header["Cache-Control"] = "no-store"
    if is_probe then
        return ngx.exit(204)
    end
    return refuse(502, "No server is listening on this port.")
end

return runtime
