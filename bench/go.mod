module example.com/rotonda/bench

go 1.26.0

require (
	example.com/rotonda v0.0.0
	github.com/bgpfix/bgpfix v0.20.0
	github.com/osrg/gobgp/v4 v4.8.0
)

require (
	github.com/buger/jsonparser v1.2.0 // indirect
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/puzpuzpuz/xsync/v4 v4.5.0 // indirect
)

replace example.com/rotonda => ../
