package stacks_test

import ("testing";"fmt")

func TestDump(t *testing.T){
 p:=planOf(t,"prod")
 for _,r:=range p.All(){ fmt.Println(r.Type, r.Name, "P=",r.Protect, "tags=",r.Has("tags"), r.Custom, r.Parent=="", len(r.Request.GetDependencies())) }
 for u,o:=range p.outputs { fmt.Println(u,o)}
}
