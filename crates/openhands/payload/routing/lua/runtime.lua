-- Which sandbox a request is for, and whether its sender may see it.
local docker = require("docker")

local runtime = {}

local settings = { docker_socket = "/var/run/docker.sock", public_access = false }

-- The agent server and the editor act as the agent: they are for the owner, whatever is public.
local NEVER_PUBLIC = { [8000] = true, [8001] = true }
local CONNECT_TIMEOUT_MS = 1000
local LISTENING_SECONDS = 5

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

local function is_listening(address, port)
    local known, place = ngx.shared.listening, address .. ":" .. port
    if known:get(place) then
        return true
    end
    local socket = ngx.socket.tcp()
    socket:settimeout(CONNECT_TIMEOUT_MS)
    local ok = socket:connect(address, port)
    if ok then
        socket:close()
        known:set(place, true, LISTENING_SECONDS)
    end
    return ok
end

-- The asked port if the container listens there; else the private port that docker maps from it; else the asked one.
local function port_of(container, asked)
    if is_listening(container.address, asked) then
        return asked
    end
    return container.mapped[tostring(asked)] or asked
end

local function may_see(container, asked, port)
    local is_open = settings.public_access and ngx.var.http_x_runtime_access == "public"
    if is_open and not NEVER_PUBLIC[asked] and not NEVER_PUBLIC[port] then
        return true
    end
    local user = ngx.var.http_x_cognito_user_id
    return user ~= nil and user ~= "" and user == container.user
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
    local container, problem = docker.find(settings.docker_socket, conversation)
    if problem then
        ngx.log(ngx.ERR, "docker: ", problem)
        return refuse(503, "Docker does not answer.")
    end
    if not container then
        return refuse(404, "There is no sandbox of this conversation.")
    end
    -- Whoever may not see it learns nothing of it.
    if not container.user then
        return refuse(403, "The sandbox has no owner.")
    end
    if not may_see(container, asked, asked) then
        return refuse(403, "The sandbox is another user's.")
    end
    if not container.address then
        return refuse(502, "The sandbox has no address.")
    end
    local port = port_of(container, asked)
    if not may_see(container, asked, port) then
        return refuse(403, "The sandbox is another user's.")
    end
    ngx.req.clear_header("X-Runtime-Access")
    local cookies = ngx.var.http_cookie
    if cookies then
        ngx.req.set_header("Cookie", without_tokens(cookies))
    end
    if path == "" or path:sub(1, 1) == "?" then
        path = "/" .. path
    end
    ngx.var.application = container.address .. ":" .. port
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
    return refuse(502, "Nothing listens on this port.")
end

-- A request that the edge let through for applications that are public is for applications only.
function runtime.refuse_nobody()
    if ngx.var.http_x_runtime_access and (ngx.var.http_x_cognito_user_id or "") == "" then
        return refuse(403, "Log in first.")
    end
end

return runtime
