-- Finds the container of a conversation through the Docker API.
local cjson = require("cjson.safe")

local docker = {}

-- The maximum size of a response; lists of containers are small.
local LARGEST_ANSWER = 8 * 1024 * 1024
local TIMEOUT_MS = 3000
local CACHE_SECONDS = 5

local function ask(socket_path, path)
    local socket = ngx.socket.tcp()
    socket:settimeout(TIMEOUT_MS)
    local ok, problem = socket:connect("unix:" .. socket_path)
    if not ok then
        return nil, problem
    end
    -- With HTTP/1.0 the response is not chunked and ends with the connection.
    local sent, send_problem = socket:send("GET " .. path .. " HTTP/1.0\r\nHost: docker\r\n\r\n")
    if not sent then
        return nil, send_problem
    end
    local answer, read_problem, part = socket:receive("*a")
    socket:close()
    answer = answer or (read_problem == "closed" and part) or nil
    if not answer or #answer > LARGEST_ANSWER then
        return nil, read_problem or "the response is too large"
    end
    local status, body = answer:match("^HTTP/1%.[01] (%d%d%d).-\r\n\r\n(.*)$")
    if status ~= "200" then
        return nil, "status " .. tostring(status)
    end
    return body
end

local function address_of(container)
    local settings = type(container.NetworkSettings) == "table" and container.NetworkSettings or {}
    local networks = type(settings.Networks) == "table" and settings.Networks or {}
    local names = {}
    for name in pairs(networks) do
        names[#names + 1] = name
    end
    table.sort(names)
    for _, name in ipairs(names) do
        local address = type(networks[name]) == "table" and networks[name].IPAddress
        if type(address) == "string" and address:match("^%d+%.%d+%.%d+%.%d+$") then
            return address
        end
    end
    return nil
end

-- Returns the owner and the address of a container.
local function described(container)
    local labels = type(container.Labels) == "table" and container.Labels or {}
    local user = type(labels.user_id) == "string" and labels.user_id or nil
    return { user = user, address = address_of(container) }
end

-- Returns the container of a conversation, nil if there is none, or nil and a problem if Docker fails.
function docker.find(socket_path, conversation)
    local cache = ngx.shared.containers
    local known = cache:get(conversation)
    if known then
        return cjson.decode(known)
    end
    local filters = ngx.escape_uri(cjson.encode({ label = { "conversation_id=" .. conversation } }))
    local body, problem = ask(socket_path, "/containers/json?filters=" .. filters)
    if not body then
        return nil, problem
    end
    local list = cjson.decode(body)
    if type(list) ~= "table" then
        return nil, "not a list"
    end
    for _, container in ipairs(list) do
        -- Do not rely on the filter alone: compare the label.
        local labels = type(container) == "table" and type(container.Labels) == "table" and container.Labels or {}
        if labels.conversation_id == conversation then
            local found = described(container)
            cache:set(conversation, cjson.encode(found), CACHE_SECONDS)
            return found
        end
    end
    return nil
end

return docker
