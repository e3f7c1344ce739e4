import json, httpx, gzip
from builders import *
def test_probe(server, asker):
    def show(label, r): print(label, r.status_code, r.text[:230], {k:v for k,v in r.headers.items() if k not in('date','server','content-length')})
    a=asker
    raw=lambda b,path=STATS,ct="application/json",**h: a.request("POST",path,content=b,headers={"MOE-APPKEY":a.workspace_id,"content-type":ct,**h})
    show("ok", a.ask(question()))
    for name,b in dict(deep=b'['*100000, deep2=b'['*900+b']'*900, sur=b'{"request_id":"\\ud800"}', nul=b'{"request_id":"\\u0000"}', big=b'{"request_id":'+b'1'*400+b'}', bigger=b'{"request_id":'+b'1'*5000+b'}', bom=b'\xef\xbb\xbf{}', empty=b'',dup=b'{"request_id":"a","request_id":"b"}', inf=b'{"request_id":1e400}').items():
        show("stats "+name, raw(b)); show("ingest "+name, raw(b,"/v1/message-events")); show("user "+name, raw(b,"/v1/user-events", "application/x-ndjson"))
    show("attr deep", raw(json.dumps(user_event()).replace("}", ',"attributes":'+'{"a":'*3000+'1'+'}'*3000+'}').encode().join([b'[',b']']), "/v1/user-events"))
    show("nonascii auth", httpx.post(a.url+STATS, headers={"authorization":"Basic é".encode("latin-1")}))
    show("noauth", httpx.post(a.url+STATS)); show("native noauth", httpx.get(a.url+"/v1/campaigns"))
    for p in (STATS,STATS+"/","/nothing","/v1/campaigns/","/v1/campaigns/a/b","/v1/campaigns/a%2Fb","/v1/campaigns/%00","/v1/campaigns/%ff", "//"):
        for m in ("GET","POST","HEAD","OPTIONS","DELETE"): show(m+" "+p, a.request(m,p))
    for q in ("offset=-1","offset=","limit=0","limit=101","offset=%s"%("0"*20+"9"*30),"limit="+"0"*19+"1"+"0000","offset="+"0"*20+"9"*5000,"offset=1&offset=x","offset=2147483648","offset=2147483649","offset=٣"):
        show("list "+q[:40], a.request("GET","/v1/campaigns?"+q))
    for name,b in dict(year1={"created_at":"0001-01-01T00:00:00+14:00"}, y9999={"created_at":"9999-12-31T23:59:59-14:00"}, bigfilter={"goals":[{"name":"g","event":"e","filters":[{"name":"a","condition":"is","data_type":"NUMBER","value":10**30}]}]}, window=dict(attribution_window_hours=10**400), pct={"control_groups":{"campaign_percentage":10**400}}, nul={"name":"\0"}, pct2={"control_groups":{"campaign_percentage":33.3333333333333}}, nulloc={"locales":["a\0"]}).items():
        show("put "+name, a.put_campaign("x-"+name, campaign()|b))
    for i in ("ü","a b","a?b","%41","..",".","a:b","\u200b","e\u0301","😀","a"*128,"a"*129,"a+b","a\\b","'\"","<x>", "a%b", "*"):
        from urllib.parse import quote
        show("put id "+i[:20], a.put_campaign(quote(i,safe=""), campaign())); show("get", a.request("GET","/v1/campaigns/"+quote(i,safe="")))
    show("list", a.request("GET","/v1/campaigns"))
