-- Asks Bailiff about a request, from HAProxy.
--
-- `http-request lua.bailiff <address>` asks: at a URL, or at a socket such as `unix@/run/haproxy/bailiff.sock`,
-- where a `listen` of HAProxy's own may add TLS. `http-response lua.bailiff_cookies` adds the cookies that
-- come with an allowed request. Only `txn.bailiff` says that a request is allowed, and it is set last:
-- whatever fails before leaves it unset, and haproxy.cfg refuses then.

-- How long Bailiff may take, in milliseconds. HAProxy asks up to three times more when nothing comes.
local TIMEOUT = 2500

-- What belongs to one connection, or to a body that is not sent along.
local HOP_BY_HOP = {
    ["connection"] = true,
    ["content-length"] = true,
    ["expect"] = true,
    ["host"] = true,
    ["keep-alive"] = true,
    ["proxy-connection"] = true,
    ["te"] = true,
    ["trailer"] = true,
    ["transfer-encoding"] = true,
    ["upgrade"] = true,
}

-- Lists begin at 0 in some places and at 1 in others.
local function values(list)
    local found = {}
    if list then
        for index = 0, 1000 do
            if list[index] ~= nil then
                found[#found + 1] = list[index]
            elseif index > 0 then
                break
            end
        end
    end
    return found
end

local function first(headers, name)
    return values(headers[name])[1]
end

local function names(list)
    local found = {}
    for name in (list or ""):gmatch("[^,]+") do
        found[#found + 1] = name
    end
    return found
end

-- The URL to ask at, and the socket to ask through where the address is one; a socket has no host to name.
local function asked_at(address)
    if address:find("^%l+@") then
        return "http://bailiff", address
    end
    return address, nil
end

-- The request as Bailiff is to see it. Nothing that the client says about it is believed.
local function question(txn)
    local sent = {}
    for name, list in pairs(txn.http:req_get_headers()) do
        if not HOP_BY_HOP[name] then
            sent[name] = values(list)
        end
    end
    local host = values(txn.http:req_get_headers()["host"])
    sent["x-original-method"] = { txn.sf:method() }
    sent["x-original-uri"] = { txn.sf:pathq() }
    sent["x-original-host"] = host
    sent["x-original-proto"] = { txn.sf:ssl_fc() == "1" and "https" or "http" }
    sent["x-original-address"] = { txn.sf:src() }
    return sent
end

local function refuse(txn, answer)
    local reply = txn:reply({ status = answer.status })
    for name, list in pairs(answer.headers) do
        if not HOP_BY_HOP[name] and name ~= "date" then
            for _, value in ipairs(values(list)) do
                reply:add_header(name, value)
            end
        end
    end
    reply:set_body(answer.body or "")
    txn:done(reply)
end

core.register_action("bailiff", { "http-req" }, function(txn, address)
    local url, socket = asked_at(address)
    local answer = core.httpclient():get({
        url = url .. "/forward-auth/haproxy",
        dst = socket,
        headers = question(txn),
        timeout = TIMEOUT,
    })
    if not answer or not answer.status or answer.status < 200 then
        return
    end
    if answer.status ~= 200 then
        return refuse(txn, answer)
    end
    for _, name in ipairs(names(first(answer.headers, "x-bailiff-remove"))) do
        txn.http:req_del_header(name)
    end
    for _, name in ipairs(names(first(answer.headers, "x-bailiff-set"))) do
        txn.http:req_set_header(name, first(answer.headers, name))
    end
    txn:set_priv(values(answer.headers["set-cookie"]))
    txn:set_var("txn.bailiff", "allow")
end, 1)

core.register_action("bailiff_cookies", { "http-res" }, function(txn)
    for _, cookie in ipairs(txn:get_priv() or {}) do
        txn.http:res_add_header("set-cookie", cookie)
    end
end, 0)
