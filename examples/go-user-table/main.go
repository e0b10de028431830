// Keeps a table of users in step with Clerk, through Bailiff.
//
//	mkdir -p bailiff && go generate
//	BAILIFF_ADDRESS=127.0.0.1:9191 go run . users.db
//	go run . --list users.db
//
// Prints a line for each event. Kill it whenever you like: it goes on where it was.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"time"

	"example.test/usertable/bailiff"
	bolt "go.etcd.io/bbolt"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

type user struct {
	ID        string  `json:"id"`
	FirstName *string `json:"first_name"`
	UpdatedAt int64   `json:"updated_at"`
	Deleted   bool    `json:"deleted"`
}

var users, place, cursor = []byte("users"), []byte("place"), []byte("cursor")

// Events come at least once, and Clerk sends them in no order: a row takes what is as new as itself,
// so that the same event again changes nothing, and a user who was deleted does not come back.
func merge(known *user, told user) user {
	if known != nil && (known.Deleted || (!told.Deleted && told.UpdatedAt < known.UpdatedAt)) {
		return *known
	}
	return told
}

// The row and the cursor change together or not at all.
func apply(table *bolt.DB, response *bailiff.SubscribeResponse) error {
	err := table.Update(func(tx *bolt.Tx) error {
		if event := response.Event; event != nil {
			// PayloadJson has numbers as they were signed; in Data they are doubles.
			var payload struct{ Data user }
			if err := json.Unmarshal([]byte(event.PayloadJson), &payload); err != nil {
				return err
			}
			told := payload.Data
			told.Deleted = event.Type == "user.deleted"
			rows := tx.Bucket(users)
			var known *user
			if row := rows.Get([]byte(told.ID)); row != nil {
				if err := json.Unmarshal(row, &known); err != nil {
					return err
				}
			}
			row, err := json.Marshal(merge(known, told))
			if err != nil {
				return err
			}
			if err := rows.Put([]byte(told.ID), row); err != nil {
				return err
			}
		}
		return tx.Bucket(place).Put(cursor, []byte(response.Cursor))
	})
	if err == nil && response.Event != nil {
		fmt.Println(response.Event.Id, response.Event.Type)
	}
	return err
}

// Ends when the stream does.
func follow(table *bolt.DB, client bailiff.EventServiceClient) error {
	request := &bailiff.SubscribeRequest{Types: []string{"user.*"}}
	err := table.View(func(tx *bolt.Tx) error {
		request.After = string(tx.Bucket(place).Get(cursor))
		request.FromStart = request.After == ""
		return nil
	})
	check(err)
	stream, err := client.Subscribe(context.Background(), request)
	if err != nil {
		return err
	}
	for {
		response, err := stream.Recv()
		if err != nil {
			return err
		}
		check(apply(table, response))
	}
}

func list(table *bolt.DB) {
	names := map[string]*string{}
	check(table.View(func(tx *bolt.Tx) error {
		return tx.Bucket(users).ForEach(func(_, row []byte) error {
			var known user
			err := json.Unmarshal(row, &known)
			if !known.Deleted {
				names[known.ID] = known.FirstName
			}
			return err
		})
	}))
	check(json.NewEncoder(os.Stdout).Encode(names))
}

func main() {
	table, err := bolt.Open(os.Args[len(os.Args)-1], 0o600, &bolt.Options{Timeout: 5 * time.Second})
	check(err)
	check(table.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(users)
		if err == nil {
			_, err = tx.CreateBucketIfNotExists(place)
		}
		return err
	}))
	if os.Args[1] == "--list" {
		list(table)
		return
	}
	address := cmp.Or(os.Getenv("BAILIFF_ADDRESS"), "127.0.0.1:9191")
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	check(err)
	client := bailiff.NewEventServiceClient(connection)
	wait := 100 * time.Millisecond
	for {
		begun := time.Now()
		err := follow(table, client)
		log.Print(err)
		switch status.Code(err) {
		case codes.OutOfRange:
			// What was missed is kept nowhere: read all users from Clerk, empty `place`, begin anew.
			os.Exit(3)
		case codes.InvalidArgument, codes.Unimplemented:
			os.Exit(1)
		}
		if wait = min(wait*2, 5*time.Second); time.Since(begun) > 10*time.Second {
			wait = 100 * time.Millisecond
		}
		time.Sleep(wait/2 + rand.N(wait/2))
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
